internal import HTTP

extension Value {
    /// A time with its unit: `500ms`, `30s`, `10m`, `1h30m`, `2d`.
    func duration(from least: Duration = .zero, to most: Duration = .seconds(366 * 86_400)) -> Duration? {
        guard let text = self.text else {
            return self.error("a duration such as 30s is expected here, not \(self.kind)")
        }
        guard let duration = Quantity.duration(text) else {
            return self.error("'\(text)' is no duration; write 500ms, 30s, 10m, 2h or 1d")
        }
        guard (least...most).contains(duration) else {
            return self.error("\(text) is out of range; from \(Quantity.text(least)) to \(Quantity.text(most))")
        }
        return duration
    }

    /// Bytes with their unit: `512MiB`, `64KB`.
    func size(atLeast least: Int = 1) -> Int? {
        guard let text = self.text else {
            return self.error("a size such as 64MiB is expected here, not \(self.kind)")
        }
        guard let size = Quantity.size(text) else {
            return self.error("'\(text)' is no size; write 64KiB, 512MiB or 1GiB")
        }
        return size >= least ? size : self.error("\(text) is too small; at least \(least) bytes")
    }

    func url(schemes: [String] = ["https", "http"]) -> HTTPURL? {
        guard let text = self.string() else { return nil }
        do {
            let url = try HTTPURL(text)
            guard schemes.contains(url.scheme) else {
                return self.error("the URL has to begin with \(schemes.map { "\($0)://" }.joined(separator: " or "))")
            }
            return url
        } catch {
            return self.error(error.message)  // without the text: a URL may hold a password
        }
    }

    /// A port as a variable of the environment gives it; 0 lets the system choose.
    func port() -> Int? {
        guard let text = self.string() else { return nil }
        guard let port = Int(text), (0...65_535).contains(port) else {
            return self.error("a port is expected here: a number from 0 to 65535")
        }
        return port
    }

    /// `host:port`, `[v6]:port`; without a port where there is a default.
    func address(defaultPort: Int? = nil) -> HostPort? {
        guard let text = self.string() else { return nil }
        switch HostPort.parse(text, defaultPort: defaultPort) {
        case .success(let address): return address
        case .failure(let failure): return self.error(failure.message)
        }
    }

    /// An absolute path; see ``Reading/absolutePath(_:)``.
    func filePath() -> String? { self.string().map(self.reading.absolutePath) }

    /// The absolute path of a file that has to be there and be readable.
    func readableFile() -> String? {
        guard let path = self.filePath() else { return nil }
        guard let problem = FileReader.problem(readingFrom: path) else { return path }
        return self.error("\(path): \(problem)")
    }
}
