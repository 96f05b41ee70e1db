import { deepFashionKey, joinedNames, plainKey, withoutSuffix } from './image-names.ts';

describe('deepFashionKey', () => {
  it.each([
    ['MEN/Tees_Tanks/id_00007301/04_7_additional.jpg', 'the data set'],
    ['img/MEN/Tees_Tanks/id_00007301/04_7_additional.jpg', 'the data set, unpacked'],
    ['fashionMENTees_Tanksid0000730104_7additional.jpg', 'PATN'],
    ['fasionMENTeesTanksid0000730104_7additional.jpg', 'pose-gan'],
    ['deepfashionMENTees_Tanksid0000730104_7additional.png', 'PIDM'],
  ])('spells %s as all do (%s)', (name) => {
    expect(deepFashionKey(name)).toBe('MENTeesTanksid00007301047additional');
  });

  it('keeps MEN and WOMEN, items and views apart, and leaves other names alone', () => {
    expect(deepFashionKey('fashionWOMENTees_Tanksid0000730104_7additional.jpg')).toBe(
      'WOMENTeesTanksid00007301047additional',
    );
    expect(deepFashionKey('fashionMENTees_Tanksid0000730104_1front.jpg')).toBe('MENTeesTanksid00007301041front');
    expect(deepFashionKey('000001.png')).toBeUndefined();
    expect(deepFashionKey('MENTAL_00007301.png')).toBeUndefined();
  });
});

describe('joinedNames', () => {
  it.each([
    ['a.jpg___b.jpg_vis.jpg', 'PATN'],
    ['a___b.png', 'PATN, short'],
    ['a.jpg_b.jpg.png', 'pose-gan'],
    ['a_2_b_vis.png', 'PIDM'],
  ])('reads %s as a and b (%s)', (name) => {
    expect(joinedNames(name)).toContainEqual({ source: 'a', target: 'b' });
  });

  it('offers every reading where the joint is also a part of names', () => {
    expect(joinedNames('x_2_side_2_y_2_back_vis.png').map(({ target }) => target)).toEqual([
      'side_2_y_2_back',
      'y_2_back',
      'back',
    ]);
  });

  it('finds none in plain names', () => {
    expect(joinedNames('000001.png')).toEqual([]);
    expect(joinedNames('___.png')).toEqual([]);
  });
});

describe('plainKey and withoutSuffix', () => {
  it('leave extension and suffix out, and nothing else', () => {
    expect(plainKey('a/b.c.png')).toBe('a/b.c');
    expect(plainKey('version1.2')).toBe('version1.2');
    expect(withoutSuffix('a_fake.png')).toBe('a');
    expect(withoutSuffix('a.png')).toBeUndefined();
  });
});
