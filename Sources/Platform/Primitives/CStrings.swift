/// Calls `body` with the addresses of texts, each of which ends with a zero, and a null after the last one. A text that is
/// nil has no address.
package func withCStrings<Result, Failure: Error>(
    _ texts: [[UInt8]?], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws(Failure) -> Result
) throws(Failure) -> Result {
    // One piece of memory for all: there may be a hundred thousand.
    var bytes: [CChar] = []
    bytes.reserveCapacity(texts.reduce(0) { $0 + ($1?.count ?? 0) + 1 })
    var offsets: [Int?] = []
    for text in texts {
        offsets.append(text == nil ? nil : bytes.count)
        bytes += (text ?? []).lazy.map { CChar(bitPattern: $0) }
        bytes.append(0)
    }
    return try unsafe bytes.withUnsafeMutableBufferPointer { bytes throws(Failure) in
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe offsets.map { offset in
            unsafe offset.flatMap { unsafe bytes.baseAddress?.advanced(by: $0) }
        }
        unsafe pointers.append(nil)
        return try unsafe pointers.withUnsafeMutableBufferPointer { pointers throws(Failure) in
            guard let base = pointers.baseAddress else { preconditionFailure("the last one is always there") }
            return try unsafe body(base)
        }
    }
}
