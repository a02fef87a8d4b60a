"""The lead receiver as the documentation and the readings have it: memory, and nothing else that is not passed in.

A request passes through these modules, one noun each:

* `routing`      path and method to operation, credentials
* `negotiation`  Content-Type and Accept
* `reading`      bytes to a value with the documented types, or a problem document
* `handlers`     what each operation does (`HANDLERS`), on the `world`'s memory: `orders`, `leads`, `offers`
* `intake`       may a lead come in? By the `rulebook`, which is the profile compiled
* `responses`      results as values
* `callbacks`, `recipes`, `fast`: the call to returnURL, how to get each responseType, and the short way of a ping

What cannot be read gets a problem document with a 4xx status that names the place; what can be read and is
missing or unacceptable by status 200, `isValid: false` and its `responseType`. Neither is documented: both are
readings. `recipes` says how to get each of the ten values of `responseType`, for any profile.
"""
