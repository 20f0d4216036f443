/**
 * What programs print when the memory of their device does not suffice: PyTorch, CTranslate2, cuBLAS and cuDNN, ONNX
 * Runtime, TensorFlow, JAX and ggml on CUDA; PyTorch and Metal on Apple silicon; ffmpeg's encoders; and without an
 * accelerator PyTorch, Python and C++.
 */
const words: readonly RegExp[] = [
  /\bCUDA(?: error:| failed with error)? out of memory\b/i,
  /\bCUDA_ERROR_OUT_OF_MEMORY\b|\bcudaErrorMemoryAllocation\b|\bcudaMalloc failed: out of memory\b/,
  /\bCU(?:BLAS|DNN|SOLVER|SPARSE|FFT)_(?:STATUS_)?ALLOC_FAILED\b/,
  /\b(?:torch\.)?(?:cuda\.)?OutOfMemoryError\b/,
  /\bMPS backend out of memory\b/,
  /\bkIOGPUCommandBufferCallbackErrorOutOfMemory\b/,
  /\bFailed to allocate memory for requested buffer of size\b/,
  /\bRESOURCE_EXHAUSTED: Out of memory\b|\bOOM when allocating tensor\b/,
  /\bVK_ERROR_OUT_OF_(?:DEVICE|HOST)_MEMORY\b|\bErrorOutOf(?:Device|Host)Memory\b/,
  /\bOpenEncodeSessionEx failed: out of memory\b/,
  /\bDefaultCPUAllocator: (?:can't allocate memory|not enough memory)/,
  /^(?:\w+\.)*_?(?:Array)?MemoryError\b|\bstd::bad_alloc\b/,
]

/** Returns whether a line that a program printed, or an exception's text, says that a device's memory does not suffice. */
export function saysOutOfMemory(text: string): boolean {
  return words.some((word) => word.test(text))
}
