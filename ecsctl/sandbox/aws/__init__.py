"""AWS's services, a package each: what AWS does that moto does not.

The modules have the same names in each. `state` is what is kept beside moto's own dictionaries, `checks` what AWS
refuses, `time` what takes time, arrives late, or changes by the clock. `answers`, where there is one, is what AWS shows
and moto leaves out. What is more than these is called after what it is about: `listeners`, `sessions`, `signing`.
`account` is what the sandbox's account has from the beginning.
"""
