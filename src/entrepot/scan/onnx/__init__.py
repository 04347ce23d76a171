"""What does an ONNX model read, and whose operators does it run?"""
