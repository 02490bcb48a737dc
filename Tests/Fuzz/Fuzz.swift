// The fuzz target: libFuzzer invents files, on which the checks of extracting and of staging run.
// scripts/fuzz builds and runs it; libFuzzer writes inputs that break a property to files, which the tests
// then read.

import Glibc

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
  do {
    try checkAll(input, in: "/dev/shm")
    try checkStaging(input, in: "/dev/shm")
  } catch {
    fatalError("\(error)")
  }
  return 0
}
