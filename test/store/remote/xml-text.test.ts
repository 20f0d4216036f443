import { expect, it } from 'vitest'
import { elementsIn, textIn, textsIn } from '../../../store/remote/s3/xml-text.ts'

it('reads the answers of S3 servers, and whatever else a server sends', () => {
  const xml = '<List><Part><ETag>&quot;a&#x26;b&quot;</ETag></Part><Part><ETag>&#34;c&#34;</ETag></Part></List>'
  expect(elementsIn(xml, 'Part').map((part) => textIn(part, 'ETag'))).toEqual(['"a&b"', '"c"'])
  expect(textsIn('<A>&#99999999999;&#xFFFFFFFF;&constructor;&none;</A>', 'A')).toEqual([
    '&#99999999999;&#xFFFFFFFF;&constructor;&none;',
  ])
  expect(textIn('<html>login</html>', 'ETag')).toBeUndefined()
})
