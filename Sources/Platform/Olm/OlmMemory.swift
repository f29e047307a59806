internal import COlm
internal import Crypto

/// The memory of one object of the library, which has no locks: an object has one owner.
@safe final class OlmMemory {
    let pointer: OpaquePointer
    private let memory: UnsafeMutableRawPointer
    private let clear: (OpaquePointer) -> Void
    private let lastError: (OpaquePointer) -> UnsafePointer<CChar>?

    /// - Parameters:
    ///   - size: the bytes of the object.
    ///   - make: makes the object in the memory.
    ///   - clear: overwrites it.
    init(
        _ size: Int, make: (UnsafeMutableRawPointer) -> OpaquePointer?, clear: @escaping (OpaquePointer) -> Void,
        lastError: @escaping (OpaquePointer) -> UnsafePointer<CChar>?
    ) {
        unsafe self.memory = .allocate(byteCount: size, alignment: 16)
        guard let pointer = unsafe make(self.memory) else { preconditionFailure("libolm did not make an object") }
        unsafe self.pointer = unsafe pointer
        unsafe self.clear = unsafe clear
        unsafe self.lastError = unsafe lastError
    }

    deinit {
        unsafe self.clear(self.pointer)
        unsafe self.memory.deallocate()
    }

    /// The result of a call, unless it is the library's error value.
    @discardableResult func check(_ result: Int) throws(OlmError) -> Int {
        guard result != olm_error() else {
            throw OlmError(
                code: unsafe self.lastError(self.pointer).map { unsafe String(cString: $0) } ?? "UNKNOWN_ERROR")
        }
        return result
    }

    /// The result of a call that fails only through a mistake in this target.
    @discardableResult func require(_ result: Int) -> Int {
        do { return try self.check(result) } catch { preconditionFailure("libolm: \(error)") }
    }
}

/// Random bytes for a call; never empty, because an empty array may have no address.
func entropy(_ count: Int) -> [UInt8] { randomBytes(max(1, count)) }

/// A buffer that a call fills.
func buffer(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: max(1, count)) }

extension [UInt8] {
    /// The first bytes as text.
    func text(_ count: Int) -> String { String(decoding: self.prefix(count), as: UTF8.self) }
}
