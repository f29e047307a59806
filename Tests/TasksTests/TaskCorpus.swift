import Glibc
import TestSupport

/// The files of `Corpus`, and generated variants of them.
enum TaskCorpus {
    static let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Corpus"

    static let names: [String] = {
        guard let directory = opendir(Self.folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".md") { names.append(name) }
        }
        return names.sorted()
    }()

    static func bytes(_ name: String) -> [UInt8] {
        guard let file = fopen("\(Self.folder)/\(name)", "rb") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    /// A file, also with CRLF and without the last line end.
    static func variants(_ name: String) -> [[UInt8]] {
        let bytes = Self.bytes(name)
        var windows: [UInt8] = []
        for byte in bytes where byte != 13 {
            if byte == 10 { windows.append(13) }
            windows.append(byte)
        }
        var open = bytes[...]
        while open.last == 10 || open.last == 13 { open.removeLast() }
        return [bytes, windows, Array(open)]
    }
}
