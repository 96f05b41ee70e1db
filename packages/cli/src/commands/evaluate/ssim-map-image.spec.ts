import { ssimMapNames } from './ssim-map-image.ts';

const namesOf = (...names: string[]) => ssimMapNames({ length: names.length, name: (i) => names[i] as string });

describe('the names of SSIM maps', () => {
  it('are those of the images where these are PNG, and have .png behind them elsewhere', () => {
    expect(namesOf('a/b.png', 'a/c.jpg', 'd.PNG')).toEqual(['a/b.png', 'a/c.jpg.png', 'd.PNG']);
  });

  it('are never shared: of one name behind another ending, in other case, of pairs with one generated image', () => {
    expect(namesOf('a.jpg', 'a.jpg.png', 'A.jpg', 'b.png', 'b.png', 'b~2.png', 'b.png')).toEqual([
      ...['a.jpg.png', 'a.jpg~2.png', 'A.jpg~3.png', 'b.png', 'b~2.png', 'b~2~2.png', 'b~3.png'],
    ]);
  });

  it('stay within the folder of the maps, also of images from elsewhere', () => {
    expect(namesOf('/x/a.png', 'x/a.png', '/../y/../b.png', 'C:\\z\\c.png')).toEqual([
      ...['x/a.png', 'x/a~2.png', 'y/b.png', 'z/c.png'],
    ]);
  });
});
