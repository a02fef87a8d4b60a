"""The contract as data: `specs` reads specs/ and compiles it once, `schemas` resolves and narrows JSON Schemas, and
`profile` is the posting document of an account. Nothing here judges.
"""
