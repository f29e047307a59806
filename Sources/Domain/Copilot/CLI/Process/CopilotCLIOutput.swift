internal import EventLoop

/// Reads the output of a process with an idle timeout.
@Net
struct CopilotCLIOutput {
    private let pipe: BytePipe

    init(_ pipe: BytePipe) {
        self.pipe = pipe
    }

    /// The next bytes, empty at the end; nil if none arrive within `limit`.
    func next(within limit: Duration) async throws -> [UInt8]? {
        let pipe = self.pipe
        var isLate = false
        let changed = WaitList()
        pipe.onReadable = { changed.wakeAll() }
        let timer = EventLoop.shared.schedule(after: limit) {
            isLate = true
            changed.wakeAll()
        }
        defer {
            timer.cancel()
            pipe.onReadable = nil
        }
        while true {
            if let bytes = pipe.takeAll() { return bytes }
            if let end = pipe.end {
                try end.get()
                return []
            }
            if isLate { return nil }
            try await changed.wait()
        }
    }
}
