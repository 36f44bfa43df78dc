# For a vLLM on two processors: a wait that lets the process's other threads run.
#
# vLLM's engine waits for its worker in a loop around os.sched_yield, which gives Python's lock back and takes it again within a
# microsecond (vllm/distributed/utils.py). The thread that reads new and aborted requests is woken each time, comes too late and never
# gets to ask for the lock: on a quiet machine of two processors requests were seen to wait until all running ones had ended.
import os
import time

os.sched_yield = lambda: time.sleep(50e-6)
