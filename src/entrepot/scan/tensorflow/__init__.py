"""What would a TensorFlow graph do? Its operators, and which of them a signature reaches."""
