"""Session in, finding out: says whether the right people are seen in the right place."""

import os

# numpy reads this once, when it is loaded. A session is judged on one thread: on two busy cores a second one tripled the
# processor time of a judging, most of it in threads that waited for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
