internal import CGit2
internal import Crypto

/// The hash of an object in 20 bytes.
struct ObjectKey: Hashable {
    private let high: UInt64
    private let middle: UInt64
    private let low: UInt32

    init(_ id: git_oid) {
        var id = id
        (self.high, self.middle, self.low) = unsafe withUnsafeBytes(of: &id) { bytes in
            unsafe (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            )
        }
    }

    init(_ id: GitObjectID) { self.init(id.raw) }

    var raw: git_oid {
        var id = git_oid()
        unsafe withUnsafeMutableBytes(of: &id) { bytes in
            unsafe bytes.storeBytes(of: self.high, toByteOffset: 0, as: UInt64.self)
            unsafe bytes.storeBytes(of: self.middle, toByteOffset: 8, as: UInt64.self)
            unsafe bytes.storeBytes(of: self.low, toByteOffset: 16, as: UInt32.self)
        }
        return id
    }

    var bytes: [UInt8] {
        var id = self.raw
        return unsafe withUnsafeBytes(of: &id) { unsafe Array($0.prefix(20)) }
    }

    var id: GitObjectID { GitObjectID(self.raw) }
}

extension GitObjectID {
    init(_ id: git_oid) { self.init(trusted: Crypto.hex(ObjectKey(id).bytes)) }

    var raw: git_oid {
        var id = git_oid()
        unsafe git_oid_fromstr(&id, self.hex)
        return id
    }
}
