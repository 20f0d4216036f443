import * as z from 'zod/mini'

/** ISO 639-1 codes, each with its ISO 639-3 code, which for these is the terminology code of 639-2. */
const iso639 = `
  aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul bh:bih
  bi:bis bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces cu:chu cv:chv cy:cym da:dan
  de:deu dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra
  fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her
  ia:ina id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku ja:jpn jv:jav ka:kat kg:kon ki:kik kj:kua
  kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat lb:ltz lg:lug li:lim ln:lin
  lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya na:nau nb:nob
  nd:nde ne:nep ng:ndo nl:nld nn:nno no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli
  pl:pol ps:pus pt:por qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk
  sl:slv sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir
  tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol
  wa:wln wo:wol xh:xho yi:yid yo:yor za:zha zh:zho zu:zul`

let codes: { readonly long: ReadonlyMap<string, string>; readonly short: ReadonlyMap<string, string> } | undefined

function codeTable() {
  if (codes === undefined) {
    const pairs = iso639
      .trim()
      .split(/\s+/)
      .map((pair) => [pair.slice(0, 2), pair.slice(3)] as const)
    codes = { long: new Map(pairs), short: new Map(pairs.map(([short, long]) => [long, short])) }
  }
  return codes
}

const namesByLocale = new Map<string, Intl.DisplayNames>()

/** Making the names of a locale takes longer than all else here. */
function nameIn(locale: string, code: string): string | undefined {
  const names = namesByLocale.get(locale) ?? new Intl.DisplayNames([locale], { type: 'language', fallback: 'none' })
  namesByLocale.set(locale, names)
  return names.of(code)
}

/**
 * Returns the canonical code of a language: ISO 639-1 if there is one, else ISO 639-3.
 * Takes either, in any case, bibliographic codes (`fre`), and tags with a script or a region (`zh-Hant`, `en_GB`), of
 * which the language counts; undefined for an unknown language.
 */
export function languageCode(written: string): string | undefined {
  const code = /^([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*$/.exec(written.trim().toLowerCase())?.[1]
  if (code === undefined) return undefined
  const { long, short } = codeTable()
  if (long.has(code)) return code
  const direct = short.get(code)
  if (direct !== undefined) return direct
  const canonical = Intl.getCanonicalLocales(code)[0]
  if (canonical !== undefined && long.has(canonical)) return canonical
  return code.length === 3 && nameIn('en', code) !== undefined ? code : undefined
}

/** Returns the ISO 639-3 code of a language, which apertium and mp4 want. */
export function longLanguageCode(code: string): string {
  return codeTable().long.get(code) ?? code
}

/** Returns a language's name in that language, such as `Español`; its code if the name is unknown. */
export function nativeLanguageName(code: string): string {
  const name = nameIn(code, code) ?? nameIn('en', code) ?? code
  const [first = ''] = name
  return first.toLocaleUpperCase(code) + name.slice(first.length)
}

/** Returns the schema of a language as a param: `es` and `spa` are the same one, and give the same key. */
export function languageParam() {
  return z.pipe(
    z.string(),
    z.transform((written, context) => {
      const code = languageCode(written)
      if (code !== undefined) return code
      const message = `'${written}' is not a language: write an ISO 639 code, such as es or spa`
      context.issues.push({ code: 'custom', message, input: written })
      return z.NEVER
    }),
  )
}
