"""AWS's models are read once in a process, into plain dictionaries. Imported before moto, which reads some at once.

botocore reads them anew for each session, and moto makes one for each service that it asks for its regions: EC2's
model, the largest, would be read five times before a sandbox answers. A loader that is new looks into the folders of
all services before it reads the first model. botocore's OrderedDicts take twice the time.
"""

import functools

import botocore.loaders
import botocore.session

botocore.loaders.OrderedDict = None  # type: ignore[misc,assignment] # given to json as `object_pairs_hook`, and no more
botocore.loaders.create_loader = botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)
