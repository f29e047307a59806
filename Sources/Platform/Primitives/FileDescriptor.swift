internal import Glibc

/// An owned file descriptor, closed exactly once: when the value goes out of scope or is consumed.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        _ = Glibc.close(self.rawValue)
    }

    /// Gives up ownership, for a library that takes the descriptor over.
    package consuming func release() -> Int32 {
        let rawValue = self.rawValue
        discard self
        return rawValue
    }
}
