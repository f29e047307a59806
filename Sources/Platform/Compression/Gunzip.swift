internal import CZlib

/// Reads a gzip file of one member (RFC 1952), piece by piece.
@safe package struct Gunzip: ~Copyable {
    package enum Failure: Error {
        /// Not a gzip file, or altered.
        case damaged
        /// Something follows its end.
        case trailing
    }

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether all has been read, and its checksum was right.
    package private(set) var isComplete = false
    private static let pieceSize = 256 << 10

    package init() {
        unsafe self.stream = .allocate(capacity: 1)
        unsafe self.stream.initialize(to: z_stream())
        // Fails only when out of memory or with another version of the library than that of the header.
        precondition(unsafe czlib_gunzip_init(self.stream) == Z_OK, "zlib failed to start")
    }

    deinit {
        unsafe inflateEnd(self.stream)
        unsafe self.stream.deallocate()
    }

    /// What a whole file contains, whatever its size: not for files from outside.
    package static func bytes(of compressed: [UInt8]) throws -> [UInt8] {
        var gunzip = Gunzip()
        var bytes: [UInt8] = []
        try gunzip.decompress(compressed) { bytes += $0 }
        guard gunzip.isComplete else { throw Failure.damaged }
        return bytes
    }

    /// Passes what the next bytes of the file contain to `write`, in pieces of at most 256 KiB.
    package mutating func decompress(_ bytes: [UInt8], _ write: ([UInt8]) throws -> Void) throws {
        guard !bytes.isEmpty else { return }
        guard !self.isComplete else { throw Failure.trailing }
        var bytes = bytes
        var isComplete = false
        try unsafe bytes.withUnsafeMutableBufferPointer { input in
            unsafe self.stream.pointee.next_in = input.baseAddress
            unsafe self.stream.pointee.avail_in = UInt32(input.count)
            var isFull = true
            while isFull, !isComplete {
                var status = Z_OK
                var left = 0
                let piece = unsafe [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { output, count in
                    unsafe self.stream.pointee.next_out = output.baseAddress
                    unsafe self.stream.pointee.avail_out = UInt32(Self.pieceSize)
                    unsafe status = inflate(self.stream, Z_NO_FLUSH)
                    left = unsafe Int(self.stream.pointee.avail_out)
                    count = Self.pieceSize - left
                }
                guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(status) else { throw Failure.damaged }
                if !piece.isEmpty { try write(piece) }
                isComplete = status == Z_STREAM_END
                isFull = left == 0
            }
            guard unsafe self.stream.pointee.avail_in == 0 else { throw Failure.trailing }
        }
        self.isComplete = isComplete
    }
}
