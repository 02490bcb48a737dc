// The fuzz target: libFuzzer invents files, the checks of extracting and of staging look at each. Built and run by
// scripts/fuzz.
// Invariant: what breaks a property or traps is written down by libFuzzer, to be read again by the tests.

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
