internal import Glibc
internal import Primitives
internal import Turns

extension Skill {
    /// The section `skills`: the host's, as its folder has them at the start.
    static func list(_ section: Section) -> [Skill] {
        section.optional("directory") { value in
            guard let folder = value.filePath() else { return nil }
            guard let names = Self.names(in: folder) else {
                value.warn("\(folder) cannot be listed: \(String(cString: strerror(errno))); the host has no skills")
                return []
            }
            return names.prefix(Self.most).compactMap { name in
                guard let bytes = try? FileReader.read("\(folder)/\(name)/\(Self.file)", limit: Self.fileLimit).bytes
                else { return nil }
                let skill = Skill(
                    StreamSafeText.of(String(decoding: bytes, as: UTF8.self)), home: name, folder: nil,
                    files: Self.files(in: "\(folder)/\(name)"))
                if skill == nil {
                    value.warn("\(name)/\(Self.file) is left out: its front matter needs a name and a description")
                }
                return skill
            }
        } ?? []
    }

    /// The texts beside a skill's own, by name.
    private static func files(in folder: String) -> [String: String] {
        var files: [String: String] = [:]
        for name in Self.names(in: folder) ?? [] where name != Self.file && files.count < Self.mostFiles {
            guard let bytes = try? FileReader.read("\(folder)/\(name)", limit: Self.fileLimit).bytes,
                let text = String(validating: bytes, as: UTF8.self)
            else { continue }
            files[name] = StreamSafeText.of(text)
        }
        return files
    }

    /// Sorted; nil if the folder cannot be listed.
    private static func names(in folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
