"""AWS's services, a package each: what AWS does that moto does not.

Modules have the same names in all packages. `state` keeps what moto's own dictionaries have no place for, `checks` what
AWS refuses, `time` everything that takes time, arrives late or changes with the clock. `answers`, where there is one,
adds what AWS returns and moto leaves out. Other modules are named after their subject: `listeners`, `sessions`,
`signing`.
`account` has what exists in the sandbox's account from the beginning.
"""
