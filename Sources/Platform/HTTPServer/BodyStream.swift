internal import EventLoop

/// A request body that is still arriving.
@Net
final class BodyStream {
    let pipe: BytePipe
    /// Called before the first read, when `100 Continue` is due.
    var onFirstRead: (@Net () -> Void)?

    nonisolated init(highWater: Int) {
        self.pipe = BytePipe(highWater: highWater)
    }

    func read() async throws -> [UInt8]? {
        self.onFirstRead.take()?()
        return try await self.pipe.read()
    }

    func collect(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await self.read() {
            guard bytes.count + piece.count <= limit else { throw RequestBody.tooLarge(limit) }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return bytes
    }
}
