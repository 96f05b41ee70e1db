// While it exists, signals wait: for this thread, and for threads that begin meanwhile, as long as those live. Matrix
// products of oneDNN up to 3.11 let the stack pointer point into their work space on the heap, where the frame of a
// signal handler then overwrites what is there (https://github.com/uxlfoundation/oneDNN/issues/4845). A terminal that
// is resized, Ctrl-C and Node's profiler send such signals. Other threads of the process, Node has several, take those
// that are meant for all of it; Node's handlers only write to a pipe and do their work when JavaScript runs again.
#pragma once

#include <csignal>

namespace ggb {

class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigfillset(&held);
    // What this thread does itself; held back, it would end the process without a word.
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&held, own);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace ggb
