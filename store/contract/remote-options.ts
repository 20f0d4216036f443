/** Which remote is used, and how: what a config says under `remote`. Secrets come from the environment. */
export interface RemoteOptions {
  /** Where it is: a directory (`file:///mnt/cache`, or its path), a web server, a bucket (`s3://bucket/prefix`). */
  readonly url: string
  /** The scopes whose results are taken, in this order; by default `main`. */
  readonly read?: readonly string[]
  /** The scope that results are written to, or false; by default the first of `read`. Without a key nothing is written. */
  readonly write?: string | false
  /**
   * Whose results are taken: public keys as `reprise remote keygen` prints them, each for all scopes (`ed25519:KEY`) or for
   * some (`pr/*=ed25519:KEY`). One's own key is trusted. `anyone` takes results that nobody signed.
   */
  readonly trust?: readonly string[] | 'anyone'
  /** The address of an S3 server other than Amazon's. */
  readonly endpoint?: string
  /** The region of the bucket; by default as the environment says, or `us-east-1`. */
  readonly region?: string
  /** The profile in the shared files of AWS; by default as the environment says. */
  readonly profile?: string
}
