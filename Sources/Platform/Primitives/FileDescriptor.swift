internal import Glibc

/// An owned file descriptor: closed exactly once, when the value ends or is consumed.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    /// Takes ownership of `rawValue`.
    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        _ = Glibc.close(self.rawValue)
    }

    /// Gives up ownership, for the library that takes it over.
    package consuming func release() -> Int32 {
        let rawValue = self.rawValue
        discard self
        return rawValue
    }
}
