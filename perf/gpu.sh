#!/usr/bin/env bash
# The whole comparison on a machine with one NVIDIA GPU, in one call of under 10 minutes: builds the GPU flavour, runs the kernels'
# contract on the device, then times the kernels against the device's copy and torch, and a rollout and a training step of
# Qwen3-0.6B's shape. Writes perf/results/<device>/*.csv. Packages come from the NuGet configuration or RestoreAdditionalProjectSources.
#   perf/gpu.sh [device number]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
device="${1:-0}"

command -v nvidia-smi >/dev/null || { echo "perf/gpu.sh: there is no NVIDIA driver here" >&2; exit 2; }
name="$(nvidia-smi --id="$device" --query-gpu=name --format=csv,noheader | tr ' /' '--')"
results="perf/results/$name"
mkdir -p "$results"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

dotnet build -c Release -p:Gpu=true src/RlmEngine.Cli --nologo -v quiet
dotnet build -c Release -p:Gpu=true tests/RlmEngine.Gpu.Tests --nologo -v quiet
rlm() { dotnet artifacts/gpu/bin/RlmEngine.Cli/release/rlm.dll "$@"; }

# What is wrong is not worth timing.
timeout 240 dotnet test --no-build -c Release -p:Gpu=true tests/RlmEngine.Gpu.Tests --filter "FullyQualifiedName~CudaRolloutKernelsTests"

timeout 150 bash -c 'dotnet artifacts/gpu/bin/RlmEngine.Cli/release/rlm.dll kernels --device "cuda:$0" --csv "$1/kernels.csv"' "$device" "$results"

cat >"$work/config.json" <<'JSON'
{ "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16,
  "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072, "vocab_size": 151936, "max_position_embeddings": 2048,
  "rms_norm_eps": 1e-6, "rope_theta": 1000000, "tie_word_embeddings": true, "hidden_act": "silu", "attention_bias": false }
JSON
# A model needs a tokenizer: that of the embedded world, from a run of a few steps on the processor.
short=(--set stages.base.steps=2 --set stages.base.learningRate.warmupSteps=1 --set stages.rmt.steps=2 --set stages.rmt.learningRate.warmupSteps=1
    --set evaluation.nextTokenPerTier=4 --set evaluation.lossDocuments=4 --set evaluation.bootstrapSamples=50)
rlm train src/recipes/rmt-tiny.jsonc --out "$work/tiny" "${short[@]}" >/dev/null
tokenizer="$(dirname "$(find "$work/tiny/checkpoints" -name tokenizer.json | head -1)")"
rlm create "$work/config.json" --tokenizer "$tokenizer" --out "$work/model"
timeout 180 dotnet artifacts/gpu/bin/RlmEngine.Cli/release/rlm.dll train src/recipes/rmt-tiny.jsonc --device "cuda:$device" --out "$work/run" \
    --set "model.checkpoint=$work/model" "${short[@]}"
{
    echo "device,shape,rolloutTokensPerSecond,trainTokensPerSecond,peakDeviceMemoryBytes"
    printf '%s,qwen3-0.6b' "$name"
    for field in rolloutTokensPerSecond trainTokensPerSecond peakDeviceMemoryBytes; do
        printf ',%s' "$(grep -o "\"$field\": *[0-9.eE+-]*" "$work/run/summary.json" | head -1 | sed 's/.*: *//')"
    done
    echo
} >"$results/run.csv"

# Out-of-bounds accesses and races, where the toolkit has the tool.
if command -v compute-sanitizer >/dev/null; then
    timeout 100 compute-sanitizer --error-exitcode 1 dotnet test --no-build -c Release -p:Gpu=true tests/RlmEngine.Gpu.Tests \
        --filter "FullyQualifiedName~CudaRolloutKernelsTests&FullyQualifiedName~RowAmongOthers"
fi
ls -l "$results"
