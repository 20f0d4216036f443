export function eventSchema(options: { readonly closed: boolean }): object
