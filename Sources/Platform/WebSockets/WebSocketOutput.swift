internal import CWebSockets

/// A buffer with the headroom that the library requires.
@safe
final class WebSocketOutput {
    let capacity: Int
    private let storage: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        self.capacity = capacity
        unsafe self.storage = .allocate(byteCount: cws_headroom() + capacity, alignment: 16)
    }

    deinit {
        unsafe self.storage.deallocate()
    }

    /// Calls `body` with a copy of at most ``capacity`` bytes.
    func with<Result>(_ bytes: ArraySlice<UInt8>, _ body: (UnsafeMutableRawPointer) -> Result) -> Result {
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: self.storage[cws_headroom()...])
        unsafe target.copyBytes(from: bytes)
        guard let base = target.baseAddress else { preconditionFailure("the buffer is never empty") }
        return unsafe body(base)
    }
}
