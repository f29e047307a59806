/// Bytes waiting to be written: small segments are joined, large ones kept without a copy.
package struct OutputQueue {
    private static let joinBelow = 16 * 1024

    private var segments: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { self.count == 0 }

    package mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        self.count += bytes.count
        if let last = self.segments.indices.last, last >= self.first,
            self.segments[last].count + bytes.count <= Self.joinBelow
        {
            self.segments[last] += bytes
        } else {
            self.segments.append(bytes)
        }
    }

    /// Appends bytes that `make` writes at the end of the array.
    ///
    /// - Parameter count: about how many.
    package mutating func append(about count: Int, _ make: (inout [UInt8]) -> Void) {
        if let last = self.segments.indices.last, last >= self.first,
            self.segments[last].count + count <= Self.joinBelow
        {
            self.count -= self.segments[last].count
            make(&self.segments[last])
            self.count += self.segments[last].count
        } else {
            var segment: [UInt8] = []
            segment.reserveCapacity(count)
            make(&segment)
            self.append(segment)
        }
    }

    /// Calls `write` for each segment until it accepts only part; `write` returns the number accepted, `nil` for none.
    package mutating func drain(_ write: (_ bytes: [UInt8], _ start: Int) -> Int?) {
        while self.first < self.segments.count {
            let left = self.segments[self.first].count - self.offset
            guard let written = write(self.segments[self.first], self.offset) else { return }
            self.count -= written
            guard written == left else {
                self.offset += written
                return
            }
            self.offset = 0
            self.first += 1
            self.compact()
        }
    }

    private mutating func compact() {
        if self.first == self.segments.count {
            self.segments.removeAll(keepingCapacity: true)
            self.first = 0
        } else if self.first > 64 {
            self.segments.removeFirst(self.first)
            self.first = 0
        } else {
            self.segments[self.first - 1] = []
        }
    }
}
