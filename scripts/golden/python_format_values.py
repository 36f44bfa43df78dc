"""Golden values of src/core/python-format.ts. Run by run.sh; prints JSON."""
import json
import random


r = random.Random(1)
vals = [0.5,1.5,2.5,0.25,0.75,0.125,0.375,-0.25,-2.5,1e16,123456789.5,1e-5,0.0001,0.00012345,5e-324,1e22,9999999999999998.0,0.1,100.0]
vals += [r.uniform(-1,1)*10**r.randint(-8,18) for _ in range(60)]
vals += [r.randint(0,400)/16 for _ in range(40)]
print(json.dumps({"floats":[[v,repr(v)] for v in vals],"fixed":[[v,d,f"{v:.{d}f}"] for v in vals for d in (0,1,2) if abs(v)<1e20],"percent":[[v,d,f"{v:.{d}%}"] for v in vals for d in (0,1) if abs(v)<1e18]},separators=(",",":")))
