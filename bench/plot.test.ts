import assert from 'node:assert/strict';
import { test } from 'node:test';
import { svgOf } from './plot.ts';

const widths = (svg: string) =>
  [...svg.matchAll(/<rect x="210".* width="([\d.]+)"/g)].map(([, width]) => Number(width));

test('ten times as much is as long a step wherever it begins', () => {
  const bars = [10, 100, 1000].map((value) => ({ series: 0, value }));
  const [first, second, third] = widths(
    svgOf({ title: 't', axis: 'µs', series: ['a'], groups: [{ title: 'g', bars }] }),
  );
  assert.ok(first! > 0, 'the least bar can be seen');
  assert.ok(Math.abs(second! - first! - (third! - second!)) < 0.2);
});

test('what stands in a title cannot break the markup', () => {
  const bars = [{ series: 0, value: 3 }];
  const svg = svgOf({ title: 'a & "b"', axis: '<µs>', series: ['<s>'], groups: [{ title: '1 < 2', bars }] });
  assert.ok(svg.includes('aria-label="a &amp; &quot;b&quot;"'));
  assert.ok(svg.includes('>1 &lt; 2<') && svg.includes('>&lt;s><') && !svg.includes('<s>'));
});
