package import Chat
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Files in both directions.
extension SlackAdapter {
    // MARK: Downloads

    package func download(
        _ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        do {
            let answer = try await self.call(.fileInfo, ["file": .string(attachment.id)])
            let file = answer["file"]
            guard let text = file?["url_private_download"]?.stringValue ?? file?["url_private"]?.stringValue,
                let url = try? HTTPURL(text)
            else { throw SlackFailure("file_not_found", "Slack has no content for the file \(attachment.id)") }
            let isPage = file?["mimetype"]?.stringValue == "text/html"
            try await self.fetch(url, isPage: isPage, to: write)
        } catch {
            throw self.downloadError(error)
        }
    }

    /// In words for the people in the thread, where the connection failed; the log has the details.
    private func downloadError(_ error: any Error) -> any Error {
        let failure = error as? SlackFailure
        let cause = error as? HTTPClientError
        guard cause != nil || failure?.code == "unreachable" else { return Self.adapterError(error) }
        self.logger.info("A file could not be downloaded", ["reason": .string(failure?.message ?? "\(error)")])
        return AdapterError(.disconnected, Self.downloadText(cause?.code ?? .connect))
    }

    static func downloadText(_ code: HTTPClientError.Code) -> String {
        let reason =
            switch code {
            case .idleTimeout: "Slack sent nothing for a minute"
            case .totalTimeout: "the download took longer than five minutes"
            case .closed: "Slack ended the download early"
            default: "Slack could not be reached"
            }
        return "\(reason). Send it again"
    }

    func downloadRequest(_ url: HTTPURL) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            .get, url, headers: ["Authorization": "Bearer \(self.settings.botToken.reveal())"])
        request.totalTimeout = .seconds(300)
        return request
    }

    private func fetch(
        _ url: HTTPURL, isPage: Bool, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var url = url
        for _ in 0..<4 {
            // The token is sent only to Slack.
            guard self.isOwnHost(url) else {
                throw SlackFailure(
                    "file_not_found", "the file is at \(url.host), which is not a Slack host, so it was not downloaded")
            }
            let response = try await self.client.execute(self.downloadRequest(url))
            if response.status.isRedirect, let target = response.headers["location"] {
                url = try url.resolving(target)
                continue
            }
            guard response.status.isSuccess else {
                throw SlackFailure(
                    "http_\(response.status.code)",
                    "Slack answered the download with \(response.status). Send it again")
            }
            // Without the scope, Slack answers with its sign-in page and status 200.
            if !isPage, response.headers["content-type"]?.lowercased().hasPrefix("text/html") == true {
                throw SlackFailure(
                    "missing_scope",
                    "Slack returned its sign-in page instead of the file: the app lacks the scope files:read; add it under OAuth & Permissions and reinstall the app"
                )
            }
            for try await bytes in response.body { try await write(bytes) }
            return
        }
        throw SlackFailure("file_not_found", "the file has too many redirects")
    }

    func isOwnHost(_ url: HTTPURL) -> Bool {
        let api = self.settings.apiURL
        if url.host == api.host, url.effectivePort == api.effectivePort || !api.isLoopback {
            return url.isSecure || api.isLoopback
        }
        return url.isSecure && (url.host == "slack.com" || url.host.hasSuffix(".slack.com"))
    }

    // MARK: Uploads

    @discardableResult package func upload(_ file: OutgoingFile) async throws -> MessageReference {
        do {
            // After an unknown outcome the file may be in the channel already.
            let known = self.state.withLock { $0.uploads[file.token] }
            if let known, let ts = try await self.share(of: known, in: file.route.room.name, tries: 1) {
                return MessageReference(room: file.route.room, id: ts)
            }
            let id = try await self.send(file)
            let ts = try await self.share(of: id, in: file.route.room.name, tries: known == nil ? 7 : 4)
            guard let ts else {
                // Slack has accepted it twice. Another repeat would tell no more, and the thread waits behind it.
                if known != nil {
                    self.state.withLock { $0.uploads[file.token] = nil }
                    return MessageReference(room: file.route.room, id: "")
                }
                throw AdapterError(
                    .timedOut, "Slack accepted the file \(file.name) but has not posted it yet", isCertain: false)
            }
            self.state.withLock { $0.uploads[file.token] = nil }
            return MessageReference(room: file.route.room, id: ts)
        } catch {
            throw Self.adapterError(error)
        }
    }

    static let unknownUpload = AdapterError(
        .invalid, "Slack does not say whether it has posted the file", isCertain: false)

    /// Looks for the message of an upload that this process has sent; nil if it has not sent it.
    func findUpload(token: String, in route: Route) async throws -> MessageReference? {
        guard let known = self.state.withLock({ $0.uploads[token] }) else { return nil }
        do {
            guard let ts = try await self.share(of: known, in: route.room.name, tries: 7) else {
                throw Self.unknownUpload
            }
            return MessageReference(room: route.room, id: ts)
        } catch {
            throw Self.adapterError(error)
        }
    }

    /// Takes Slack's three steps: get an address, send the bytes, share the file in the channel.
    private func send(_ file: OutgoingFile) async throws -> String {
        let place = try await self.call(
            .uploadURL, ["filename": .string(file.name), "length": .integer(Int64(file.bytes.count))])
        guard let text = place["upload_url"]?.stringValue, let url = try? HTTPURL(text),
            let id = place["file_id"]?.stringValue, SlackReader.isID(id), self.isOwnHost(url)
        else { throw SlackFailure("http_200", "Slack returned no valid address for the upload") }
        var request = HTTPClientRequest(
            .post, url, headers: ["Content-Type": file.mediaType], body: .bytes(file.bytes))
        request.totalTimeout = .seconds(600)
        let response = try await self.execute(request, "the upload")
        _ = try await response.body.collect(upTo: 65_536)
        guard response.status.isSuccess else {
            throw SlackFailure("http_\(response.status.code)", "Slack answered the upload with \(response.status)")
        }
        self.state.withLock { $0.uploads[file.token] = id }
        var arguments: JSONObject = [
            "files": [["id": .string(id), "title": .string(file.name)]], "channel_id": .string(file.route.room.name),
        ]
        if let anchor = file.route.anchor { arguments["thread_ts"] = .string(anchor) }
        if !file.caption.isEmpty {
            arguments["initial_comment"] = .string(SlackMarkup.escaped(file.caption.cut(to: 3_000)))
        }
        try await self.call(.completeUpload, arguments, channel: file.route.room.name)
        return id
    }

    /// The message that holds a file. Sharing continues after Slack's answer, so this asks a few times.
    private func share(of id: String, in channel: String, tries: Int) async throws -> String? {
        for attempt in 0..<tries {
            let answer = try await self.call(.fileInfo, ["file": .string(id)])
            for kind in ["public", "private"] {
                let places = answer["file"]?["shares"]?[kind]?[channel]?.arrayValue ?? []
                if let ts = places.compactMap({ SlackReader.timestamp($0["ts"]) }).last { return ts }
            }
            if attempt + 1 < tries { try await Task.sleep(for: .milliseconds(250 << attempt)) }
        }
        return nil
    }

    private func execute(_ request: HTTPClientRequest, _ what: String) async throws -> HTTPClientResponse {
        do {
            return try await self.client.execute(request)
        } catch let error as HTTPClientError {
            throw SlackFailure(method: what, error)
        }
    }
}
