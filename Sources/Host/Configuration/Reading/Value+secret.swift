internal import Primitives

extension Value {
    /// `{env: NAME}` or `{file: PATH}`. Messages never contain the value's text: it may be the secret itself.
    func secret() -> Secret? {
        guard self.isMapping else {
            return self.error("a secret cannot be written here; use {env: NAME} or {file: PATH}")
        }
        let secret: Secret? = self.section { section in
            let name = section.value("env")
            let file = section.value("file")
            switch (name, file) {
            case (let name?, nil): return name.environmentSecret()
            case (nil, let file?): return file.fileSecret()
            default: return self.error("a secret is either {env: NAME} or {file: PATH}")
            }
        }
        self.reading.secrets[self.path] = secret?.hashValue
        return secret
    }

    /// A secret for whose text `isGood`.
    ///
    /// - Parameter problem: The error of any other; without its text.
    func secret(where isGood: (String) -> Bool, else problem: String) -> Secret? {
        guard let secret = self.secret() else { return nil }
        return isGood(secret.reveal()) ? secret : self.error(problem)
    }

    private func environmentSecret() -> Secret? {
        guard let name = self.text, Self.isVariableName(name) else {
            return self.error("expected the name of an environment variable, as in {env: OPENAI_API_KEY}")
        }
        guard let value = self.reading.surroundings.variable(name) else {
            return self.error("\(Self.nameForMessage(name)) is not set")
        }
        return Secret(value)
    }

    /// `{file: PATH}`: the absolute path of a secret file that the program makes itself and that may be missing.
    func futureSecretFile(madeBy command: String) -> String? {
        guard self.isMapping else {
            return self.error("a secret cannot be written here; use {file: PATH}, which '\(command)' creates")
        }
        return self.section { section in
            let variable = section.value("env")
            guard let file = section.value("file"), variable == nil else {
                return self.error("this secret is {file: PATH}, which '\(command)' creates")
            }
            guard let path = file.filePath() else { return nil }
            do throws(FileReader.Failure) {
                guard let secret = file.secret(in: path, try FileReader.read(path, limit: Self.secretLimit)) else {
                    return nil
                }
                self.reading.secrets[self.path] = secret.hashValue
                return path
            } catch {
                if error.isMissing { return path }
                return file.error("the secret file \(path) cannot be read: \(error.reason)")
            }
        }
    }

    private static let secretLimit = 64 << 10

    private func fileSecret() -> Secret? {
        guard let path = self.filePath() else { return nil }
        do throws(FileReader.Failure) {
            return self.secret(in: path, try FileReader.read(path, limit: Self.secretLimit))
        } catch {
            return self.error("the secret file \(path) cannot be read: \(error.reason)")
        }
    }

    private func secret(in path: String, _ file: FileReader.File) -> Secret? {
        if file.isReadableByOthers { self.warn("others can read \(path); run: chmod 600 \(path)") }
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let bytes = file.bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard !bytes.isEmpty else { return self.error("the secret file \(path) is empty") }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            return self.error("the secret file \(path) is not UTF-8 text")
        }
        return Secret(text)
    }

    private static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.count <= 128 && name.isPlain(with: "_")
    }

    /// A mistakenly written token can look like a variable's name, so only names in capitals are repeated.
    private static func nameForMessage(_ name: String) -> String {
        let isPlain = name.utf8.count <= 64 && name.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
        return isPlain ? "the environment variable \(name)" : "the environment variable named here"
    }
}
