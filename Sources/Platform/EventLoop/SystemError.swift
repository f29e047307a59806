internal import Glibc

/// A failed system call.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The value of `errno`.
    package let code: Int32
    /// The failed call, its object, and the system's error message.
    package let message: String

    package init(_ call: String, code: Int32) {
        self.code = code
        self.message = "\(call): \(Self.text(of: code))"
    }

    /// Reads `errno`, so it must directly follow the failed call.
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
