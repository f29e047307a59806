internal import Glibc

/// A failed system call.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The value of `errno`.
    package let code: Int32
    /// What failed and why: the call, what it was about, the system's words.
    package let message: String

    package init(_ call: String, code: Int32) {
        self.code = code
        self.message = "\(call): \(Self.text(of: code))"
    }

    /// Takes `errno`, so it must be the first thing after the failed call.
    package static func last(_ call: String) -> SystemError {
        SystemError(call, code: errno)
    }

    package var description: String { self.message }

    private static func text(of code: Int32) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, unsafe strerror_r(code, base, buffer.count) == 0 else {
                return "error \(code)"
            }
            return unsafe String(cString: base)
        }
    }
}
