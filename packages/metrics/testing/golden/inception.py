"""Golden features and logits for src/inception/inception-network.spec.ts: the networks of torch-fidelity, pytorch-fid and
torchvision with random weights, on drawn images.

    python3 -m venv VENV
    VENV/bin/pip install torch==2.13.0 torchvision==0.28.0 torch-fidelity==0.4.0 pytorch-fid==0.3.0 scipy==1.17.1 numpy==2.4.6
    VENV/bin/python packages/metrics/testing/golden/inception.py > packages/metrics/testing/golden/inception.golden.json
"""

import hashlib
import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from drawn_numbers import image, inception_tensor
from PIL import Image
from pytorch_fid import inception as pytorch_fid
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torchvision import models

# Enlarged, made smaller in one direction, and larger than the network's input.
IMAGES = [("noise", 64, 48), ("ramp", 299, 320), ("squares", 384, 500)]
CONVERTER = Path(__file__).parents[2] / "scripts" / "convert-inception-weights.py"

folder = Path(tempfile.mkdtemp())


def random_state(model):
    return {
        name: torch.tensor(0) if name.endswith("num_batches_tracked") else torch.from_numpy(inception_tensor(name, tuple(value.shape)))
        for name, value in model.state_dict().items()
    }


def some(values, count):
    values = values.double().flatten()
    return values[:: len(values) // count].tolist()


def described(name, drawn, outputs):
    return {"image": name, "width": drawn.shape[1], "height": drawn.shape[0], **outputs}


def batch_of(drawn):
    return torch.from_numpy(drawn).permute(2, 0, 1)[None]


def torch_fidelity_cases():
    layers = ["64", "192", "768", "2048", "logits_unbiased", "logits"]
    # The same tensors as torchvision's network without its auxiliary classifier, but for the number of classes.
    state = random_state(models.inception_v3(weights=None, init_weights=False, aux_logits=False, num_classes=1008))
    path = folder / "2015.pth"
    torch.save(state, path)
    network = FeatureExtractorInceptionV3("random", layers, str(path))
    for name, width, height in IMAGES:
        drawn = image(name, width, height)
        outputs = dict(zip(layers, network(batch_of(drawn))))
        yield described(
            name,
            drawn,
            {
                "64": some(outputs["64"], 16),
                "192": some(outputs["192"], 16),
                "768": some(outputs["768"], 16),
                "features": some(outputs["2048"], 64),
                "logits": some(outputs["logits_unbiased"], 42),
            },
        )


def pytorch_fid_cases():
    state = torch.load(folder / "2015.pth", weights_only=True)
    pytorch_fid.load_state_dict_from_url = lambda *_, **__: state
    network = pytorch_fid.InceptionV3([3]).eval()
    for name, width, height in IMAGES:
        drawn = image(name, width, height)
        with torch.no_grad():
            yield described(name, drawn, {"features": some(network(batch_of(drawn) / 255)[0], 64)})


def torchvision_cases():
    network = models.inception_v3(weights=None, init_weights=False, transform_input=True, aux_logits=False).eval()
    network.load_state_dict(random_state(network))
    transform = models.Inception_V3_Weights.IMAGENET1K_V1.transforms()
    network.avgpool.register_forward_hook(lambda _, __, output: features.append(output))
    for name, width, height in IMAGES:
        drawn = image(name, width, height)
        features = []
        with torch.no_grad():
            logits = network(transform(Image.fromarray(drawn))[None])
        yield described(name, drawn, {"features": some(features[0], 64), "logits": some(logits, 40)})


def converted_checksum():
    """What the converter makes of the .pth file: SHA-256 over all values, in the order of their names."""
    from safetensors import safe_open

    target = folder / "2015.safetensors"
    subprocess.run([sys.executable, CONVERTER, folder / "2015.pth", target], check=True, stdout=sys.stderr)
    digest = hashlib.sha256()
    with safe_open(target, "np") as file:
        assert file.metadata()["source_sha256"] == hashlib.sha256((folder / "2015.pth").read_bytes()).hexdigest()
        for name in sorted(file.keys()):
            digest.update(file.get_tensor(name).tobytes())
    return digest.hexdigest()


versions = {name: importlib.metadata.version(name) for name in ["torch", "torchvision", "torch-fidelity", "pytorch-fid", "pillow"]}
golden = {
    "origin": ", ".join(f"{name} {version}" for name, version in versions.items()) + ", through inception.py",
    "inception-2015-12-05": list(torch_fidelity_cases()),
    "inception-pytorch-fid": list(pytorch_fid_cases()),
    "inception-v3-torchvision": list(torchvision_cases()),
    "convertedChecksum": converted_checksum(),
}
print(json.dumps(golden, indent=1))
