internal import Agent
internal import Glibc

/// Where personas come from: the program's own, then files, of which a later one replaces one with the same name.
struct PersonaFolders {
    /// Next to the configuration file, then in the data directory.
    let folders: [String]
    let surroundings: Surroundings

    /// In bytes; far more than a prompt needs.
    static let fileLimit = 256 << 10

    /// Reads all personas. Mistakes are reported in `reading`, with the file's own name.
    func read(limits: AgentLimits, into reading: Reading) -> PersonaCatalog {
        var personas = PersonaFiles.files.compactMap { file in
            self.persona(Array(file.text.utf8), file.name, limits, into: reading)
        }
        var content = Hasher()
        for folder in self.folders {
            for name in Self.files(in: folder) {
                let path = "\(folder)/\(name)"
                do throws(FileReader.Failure) {
                    let bytes = try FileReader.read(path, limit: Self.fileLimit).bytes
                    content.combine(path)
                    content.combine(bytes)
                    if let persona = self.persona(bytes, path, limits, into: reading) { personas.append(persona) }
                } catch {
                    let own = Reading(source: path, surroundings: self.surroundings)
                    own.report("the file cannot be read: \(error.reason)", path: "", line: nil, column: nil)
                    reading.append(own)
                }
            }
        }
        reading.otherFiles["personas"] = content.finalize()
        return PersonaCatalog(personas)
    }

    private func persona(_ bytes: [UInt8], _ path: String, _ limits: AgentLimits, into reading: Reading) -> Persona? {
        let own = Reading(source: path, surroundings: self.surroundings)
        defer { reading.append(own) }
        let name = path.split(separator: "/").last.map { String($0.dropLast(".yaml".count)) } ?? ""
        return Persona.read(bytes, named: name, limits: limits, reading: own)
    }

    /// The names of the folder's `.yaml` files, sorted; none if it cannot be listed.
    private static func files(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".yaml"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
