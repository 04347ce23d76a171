"""What is known of PyTorch's operators: the namespaces that exist, and those in them that reach out of the program."""

FILES = frozenset({
    "_load", "_load_from_file", "_read_file", "download_url_to_file", "from_file", "load", "load_from_file",
    "load_library", "load_state_dict_from_url", "load_tensor", "probe_video_from_file", "read_file", "read_image",
    "read_video", "read_video_from_file", "save", "save_to_file", "sox_effects_apply_effects_file",
    "sox_io_get_info", "sox_io_load_audio_file", "sox_io_save_audio_file", "write_file",
})  # fmt: skip
NETWORK = frozenset({"rpc_async", "rpc_sync", "rpc_remote", "urlopen", "http_get"})
NAMESPACES = frozenset({
    "_c10d_functional", "_c10d_functional_autograd", "_caffe2", "_dtensor", "_native", "_quantized", "aten",
    "bitsandbytes", "c10d", "c10d_functional", "caffe2", "cuda", "cudnn", "custom_op", "cutlass", "debugprims",
    "detectron2", "export", "fb", "fbgemm", "flash_attn", "higher_order", "image", "inductor", "inductor_prims",
    "internal", "metal", "metal_prepacked", "mkl", "mkldnn", "mkldnn_prepacked", "mtia", "onednn", "onnx",
    "onnx_symbolic", "prepacked", "prim", "prims", "profiler", "pt2e_quant", "pyg", "quantization", "quantized",
    "quantized_decomposed", "rand", "rngprims", "spade", "sparse", "static_runtime", "symm_mem", "tensorrt",
    "torch_cluster", "torch_ipex", "torch_scatter", "torch_sparse", "torch_spline_conv", "torchao", "torchaudio",
    "torchtext", "torchvision", "transformers", "triton", "video_reader", "vulkan", "vulkan_prepack", "xformers",
    "xnnpack",
})  # fmt: skip
