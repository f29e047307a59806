extension [UInt8] {
    /// Appends a span's bytes in one copy.
    @inlinable package mutating func append(contentsOf span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe self.append(contentsOf: $0) }
    }
}

extension String {
    /// Copies a span; invalid UTF-8 becomes U+FFFD.
    @inlinable package init(decoding span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
