import Foundation
import PackagePlugin

/// Bundles the web page, Debian's markdown-it, highlight.js, KaTeX and Yjs with esbuild and embeds them, so that the binary
/// needs no other files at run time.
@main
struct EmbedWeb: BuildToolPlugin {
    private struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let bundler = "/usr/bin/esbuild"
        let packages = [
            "nodejs/highlight.js/lib/highlight.js", "nodejs/markdown-it/index.js", "nodejs/punycode/punycode.js",
            "nodejs/yjs/dist/yjs.mjs", "javascript/katex/katex.mjs", "fonts/truetype/katex/KaTeX_Main-Regular.woff2",
        ]
        for file in [bundler] + packages.map({ "/usr/share/\($0)" })
        where !FileManager.default.isReadableFile(atPath: file) {
            throw Missing(description: "\(file) is missing: run ./scripts/setup")
        }
        let web = target.directoryURL.appending(path: "Web")
        let script = context.package.directoryURL.appending(path: "Plugins/EmbedWeb/embed.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "WebAssets.swift")
        return [
            .buildCommand(
                displayName: "Bundling the web page",
                executable: URL(filePath: "/bin/sh"),
                arguments: [script.path(), bundler, web.path(), context.pluginWorkDirectoryURL.path(), output.path()],
                inputFiles: try self.sources(below: web) + [script],
                outputFiles: [output])
        ]
    }

    /// Every file of the page, so that a change to any of them triggers a new bundle.
    private func sources(below folder: URL) throws -> [URL] {
        guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        else {
            throw Missing(description: "\(folder.path()) cannot be read")
        }
        return files.compactMap { $0 as? URL }
            .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }
            .sorted { $0.path() < $1.path() }
    }
}
