"""lora_adapter.py MODEL FOLDER SEED: a random LoRA adapter of rank 8 for the attention of the tiny model, as PEFT writes one."""
import json
import os
import sys

import torch
from safetensors.torch import save_file

RANK = 8
TARGETS = ["q_proj", "v_proj"]


def main(model: str, folder: str, seed: int) -> None:
    with open(os.path.join(model, "config.json")) as file:
        config = json.load(file)
    generator = torch.Generator().manual_seed(seed)
    heads = {"q_proj": config["num_attention_heads"], "v_proj": config["num_key_value_heads"]}
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        for target in TARGETS:
            name = f"base_model.model.model.layers.{layer}.self_attn.{target}"
            out = heads[target] * config["head_dim"]
            # Large enough to change which token is the likeliest one.
            weights[f"{name}.lora_A.weight"] = torch.randn(RANK, config["hidden_size"], generator=generator)
            weights[f"{name}.lora_B.weight"] = torch.randn(out, RANK, generator=generator)
    os.makedirs(folder, exist_ok=True)
    save_file(weights, os.path.join(folder, "adapter_model.safetensors"))
    about = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": model,
        "r": RANK,
        "lora_alpha": 2 * RANK,
        "target_modules": TARGETS,
        "lora_dropout": 0.0,
        "bias": "none",
    }
    with open(os.path.join(folder, "adapter_config.json"), "w") as file:
        json.dump(about, file, indent=2)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
