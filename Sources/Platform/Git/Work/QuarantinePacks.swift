internal import Glibc
internal import Primitives

/// Moves checked packs into a repository.
enum QuarantinePacks {
    /// Both folders are written by the host only. A pack is there before its index, which makes it visible.
    static func move(from quarantine: String, to objects: String) throws(GitError) {
        let packs = "\(quarantine)/objects/pack"
        let names = try Folder(path: packs).names(limit: 1_000)?.map { String(decoding: $0, as: UTF8.self) } ?? []
        let target = "\(objects)/pack"
        if unsafe mkdir(target, 0o755) != 0, errno != EEXIST {
            throw GitError(system: errno, "write", "the repository's packs")
        }
        for ending in [".pack", ".idx"] {
            for name in names where name.hasSuffix(ending) {
                if unsafe access("\(target)/\(name)", F_OK) == 0 { continue }
                let status = Self.copy("\(packs)/\(name)", to: "\(target)/\(name)")
                guard status == 0 else { throw GitError(system: status, "write", "the repository's packs") }
            }
        }
    }

    private static func copy(_ path: String, to other: String) -> Int32 {
        let source = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { return errno }
        let input = FileDescriptor(owning: source)
        let draft = "\(other).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).new"
        let target = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444)
        guard target >= 0 else { return errno }
        let output = FileDescriptor(owning: target)
        var status: Int32 = 0
        while status == 0 {
            guard let bytes = Folder.read(input.rawValue, atMost: 1 << 20) else {
                status = errno
                break
            }
            if bytes.isEmpty { break }
            status = Folder.writeAll(bytes, to: output.rawValue)
        }
        if status == 0 { status = fsync(output.rawValue) == 0 ? 0 : errno }
        if status == 0 { status = unsafe rename(draft, other) == 0 ? 0 : errno }
        if status != 0 { unsafe unlink(draft) }
        return status
    }
}
