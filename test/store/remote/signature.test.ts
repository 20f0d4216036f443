import { describe, expect, it } from 'vitest'
import { encodeS3, queryS3, signS3 } from '../../../store/remote/s3/signature.ts'
import { elementsIn, textsIn } from '../../../store/remote/s3/xml-text.ts'

const example = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const when = { region: 'us-east-1', nowMs: Date.parse('2013-05-24T00:00:00Z') }
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('the signature of a request to S3', () => {
  // Source: "Examples: Signature Calculations in AWS Signature Version 4", Amazon S3 API Reference.
  it.each([
    [{ 'max-keys': '2', prefix: 'J' }, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
    [{ lifecycle: '' }, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  ])('of %j is that of the documentation', (query, signature) => {
    const request = { method: 'GET', host: 'examplebucket.s3.amazonaws.com', path: '/', query: queryS3(query) }
    const signed = signS3({ ...request, headers: { 'x-amz-content-sha256': empty } }, example, when)
    expect(signed.authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    )
    expect(JSON.stringify(signed)).not.toContain(example.secretAccessKey)
  })

  it('takes other keys on another day, and the token of a session along', () => {
    const request = { method: 'GET', host: 'h', path: '/', query: '', headers: {} }
    const [one, two] = [when.nowMs, when.nowMs + 86_400_000].map((nowMs) =>
      signS3(request, example, { ...when, nowMs }),
    )
    expect(one?.authorization).not.toBe(two?.authorization)
    expect(signS3(request, { ...example, sessionToken: 'session' }, when)).toMatchObject({
      'x-amz-security-token': 'session',
      authorization: expect.stringContaining('x-amz-security-token,'.replace(',', '')),
    })
  })

  it('encodes all but letters, digits and four signs', () => {
    expect(encodeS3("a-b_c.d~e/f g'(*)!é")).toBe('a-b_c.d~e%2Ff%20g%27%28%2A%29%21%C3%A9')
    expect(queryS3({ b: '2', a: 'x y' })).toBe('a=x%20y&b=2')
  })
})

describe('the answers of S3', () => {
  it('are read for the texts of their elements', () => {
    const xml = '<R xmlns="x"><Part><ETag>&quot;a&#34;</ETag></Part><Part><ETag>b &amp; c</ETag></Part></R>'
    expect(textsIn(xml, 'ETag')).toEqual(['"a"', 'b & c'])
    expect(elementsIn(xml, 'Part')).toHaveLength(2)
  })
})
