extension [UInt8] {
    /// Appends to a buffer that is kept for long: it grows by an eighth, where `append` would double it.
    package mutating func append(sparingly bytes: some Collection<UInt8>) {
        let count = self.count + bytes.count
        if count > self.capacity { self.reserveCapacity(count + Swift.max(512, count / 8)) }
        self.append(contentsOf: bytes)
    }
}
