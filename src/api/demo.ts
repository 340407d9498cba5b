/** What a first start leaves to try: its tenant's key is in `keys/demo`. */
export type Demo = { readonly documentId: string };
