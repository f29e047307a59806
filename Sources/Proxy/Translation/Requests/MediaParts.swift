internal import JSON

/// Images and documents in the parts of the three forms. Pure.
enum MediaParts {
    /// `data:image/png;base64,…`; nil for another URL.
    static func base64(_ url: String) -> (type: String, data: String)? {
        guard url.hasPrefix("data:"), let comma = url.utf8.firstIndex(of: 0x2C) else { return nil }
        let head = url[url.index(url.startIndex, offsetBy: 5)..<comma]
        guard head.hasSuffix(";base64") else { return nil }
        let type = head.prefix { $0 != ";" }
        return (String(type), String(url[url.index(after: comma)...]))
    }

    /// A chat part for an image block.
    static func chatImage(_ block: JSON, _ place: String) throws(ProxyRefusal) -> JSON {
        let source = block["source"] ?? .null
        let url: String
        switch source.text("type") {
        case "base64": url = "data:\(source.text("media_type") ?? "image/png");base64,\(source.text("data") ?? "")"
        case "url": url = source.text("url") ?? ""
        default: throw .fileReference(in: place)
        }
        return ["type": "image_url", "image_url": ["url": .string(url)]]
    }

    static func chatDocument(_ source: JSON, title: String?) -> JSON {
        let type = source.text("media_type") ?? "application/pdf"
        return [
            "type": "file",
            "file": [
                "filename": .string(title ?? "document.pdf"),
                "file_data": .string("data:\(type);base64,\(source.text("data") ?? "")"),
            ],
        ]
    }

    /// An image block for the URL of a chat part.
    static func imageBlock(_ part: JSON, _ place: String) throws(ProxyRefusal) -> JSON {
        // A few clients send the URL itself.
        guard let url = part["image_url"]?.text("url") ?? part.text("image_url") else {
            throw .malformed(place + ".image_url.url", "a string", found: part["image_url"])
        }
        if let (type, data) = Self.base64(url) {
            return [
                "type": "image",
                "source": ["type": "base64", "media_type": .string(type), "data": .string(data)],
            ]
        }
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw .untranslatable(
                "\(place) contains an image whose URL is neither http(s) nor base64 data. Send it as "
                    + "data:image/png;base64,….")
        }
        return ["type": "image", "source": ["type": "url", "url": .string(url)]]
    }

    /// A document block for the file of a chat part; Anthropic reads PDF only.
    static func documentBlock(_ part: JSON, _ place: String) throws(ProxyRefusal) -> JSON {
        let file = part["file"] ?? .null
        guard let (type, data) = file.text("file_data").flatMap({ Self.base64($0) }) else {
            throw .fileReference(in: place)
        }
        guard type == "application/pdf" else {
            throw .untranslatable(
                "\(place) contains a file that is not a PDF, which this model's upstream cannot read. Send its text "
                    + "instead.")
        }
        var block: JSONObject = [
            "type": "document", "source": ["type": "base64", "media_type": .string(type), "data": .string(data)],
        ]
        if let name = file.value("filename") { block["title"] = name }
        return .object(block)
    }
}
