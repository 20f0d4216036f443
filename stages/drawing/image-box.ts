import type { Box, Pen } from './boxes.ts'
import type { PictureElement } from './picture.ts'

/** A picture that is lower than this share of the area cannot be seen. */
export const leastImageHeight = 0.25
/** A small picture is not drawn larger than so: it would be blurred. */
const largestScale = 2.5

/** Lays an image out: as large as fits, with round corners. `href` is a data URI; without it, nothing is drawn. */
export function imageBox(
  { name, width, height }: Extract<PictureElement, { readonly kind: 'image' }>,
  room: Pick<Box, 'width' | 'height'>,
  href: string | undefined,
  { theme, size }: Pen,
): Box {
  const scale = Math.min(room.width / width, room.height / height, largestScale)
  const own = { width: width * scale, height: height * scale }
  return {
    ...own,
    draw(x, y) {
      if (href === undefined) return ''
      const place = `x="${x}" y="${y}" width="${own.width}" height="${own.height}"`
      const corner = `rx="${size * 0.3}"`
      return (
        `<clipPath id="image-${name}"><rect ${place} ${corner}/></clipPath>` +
        `<image ${place} href="${href}" clip-path="url(#image-${name})" preserveAspectRatio="none"/>` +
        `<rect ${place} ${corner} fill="none" stroke="${theme.muted}" stroke-opacity="0.28" stroke-width="1.5"/>`
      )
    },
  }
}
