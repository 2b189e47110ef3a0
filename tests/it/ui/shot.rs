//! Pictures of the window without a display: triangles on the CPU, written as PNG.

use egui::epaint::{ImageData, Primitive};
use egui::{Color32, TextureId, TexturesDelta};
use egui_kittest::{Harness, TestRenderer};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

struct Texture {
    size: [usize; 2],
    pixels: Vec<Color32>,
}

/// The textures of a harness, kept while it runs.
#[derive(Clone, Default)]
pub(super) struct Screen(Arc<Mutex<HashMap<TextureId, Texture>>>);

impl TestRenderer for Screen {
    #[expect(clippy::iter_over_hash_type, reason = "each texture is set on its own")]
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        let mut textures = self.0.lock().expect("one thread");
        for (id, deltas) in delta.set.drain() {
            for delta in deltas {
                let ImageData::Color(image) = &delta.image;
                let [width, height] = image.size;
                match (delta.pos, textures.get_mut(&id)) {
                    (Some([left, top]), Some(texture)) => {
                        for y in 0..height {
                            let to = (top + y) * texture.size[0] + left;
                            texture.pixels[to..to + width]
                                .copy_from_slice(&image.pixels[y * width..(y + 1) * width]);
                        }
                    }
                    _ => {
                        let (size, pixels) = (image.size, image.pixels.clone());
                        textures.insert(id, Texture { size, pixels });
                    }
                }
            }
        }
        for id in delta.free.drain() {
            textures.remove(&id);
        }
    }
}

impl Screen {
    /// Writes what the harness shows to `MUSTER_SHOTS/NAME.png`; nothing when that is not set.
    pub(super) fn shoot<S>(&self, harness: &Harness<'_, S>, name: &str) {
        let Some(folder) = std::env::var_os("MUSTER_SHOTS") else { return };
        let size = harness.ctx.content_rect().size() * harness.ctx.pixels_per_point();
        let (width, height) = (size.x.round() as usize, size.y.round() as usize);
        let pixels = self.paint(harness, width, height);
        let path = Path::new(&folder).join(format!("{name}.png"));
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        std::fs::write(path, png(width, height, &pixels)).expect("a picture is written");
    }

    fn paint<S>(&self, harness: &Harness<'_, S>, width: usize, height: usize) -> Vec<u8> {
        let textures = self.0.lock().expect("one thread");
        let scale = harness.ctx.pixels_per_point();
        let mut frame = vec![[0f32; 4]; width * height];
        for clipped in harness.ctx.tessellate(harness.output().shapes.clone(), scale) {
            let Primitive::Mesh(mesh) = &clipped.primitive else { continue };
            let Some(texture) = textures.get(&mesh.texture_id) else { continue };
            let clip = clipped.clip_rect * scale;
            let x = clip.min.x.round().clamp(0.0, width as f32) as i32
                ..clip.max.x.round().clamp(0.0, width as f32) as i32;
            let y = clip.min.y.round().clamp(0.0, height as f32) as i32
                ..clip.max.y.round().clamp(0.0, height as f32) as i32;
            for corners in mesh.indices.chunks_exact(3) {
                let corners = [0, 1, 2].map(|k| &mesh.vertices[corners[k] as usize]);
                triangle(&mut frame, width, (x.clone(), y.clone()), texture, corners, scale);
            }
        }
        frame
            .iter()
            .flat_map(|p| {
                p[..3].iter().map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect::<Vec<_>>()
            })
            .collect()
    }
}

type Span = std::ops::Range<i32>;

fn triangle(
    frame: &mut [[f32; 4]],
    width: usize,
    clip: (Span, Span),
    texture: &Texture,
    corners: [&egui::epaint::Vertex; 3],
    scale: f32,
) {
    let p = corners.map(|v| (v.pos.x * scale, v.pos.y * scale));
    let cross = |a: (f32, f32), b: (f32, f32), q: (f32, f32)| {
        (b.0 - a.0) * (q.1 - a.1) - (b.1 - a.1) * (q.0 - a.0)
    };
    let area = cross(p[0], p[1], p[2]);
    if area.abs() < 1e-6 {
        return;
    }
    let reach = |of: fn(&(f32, f32)) -> f32| {
        let all = p.map(|c| of(&c));
        let least = all.iter().copied().fold(f32::MAX, f32::min).floor() as i32;
        let most = all.iter().copied().fold(f32::MIN, f32::max).ceil() as i32;
        (least, most)
    };
    let ((x0, x1), (y0, y1)) = (reach(|c| c.0), reach(|c| c.1));
    // The top and left edges belong to a triangle, so that shared edges are drawn once.
    let owns = |a: (f32, f32), b: (f32, f32)| {
        let s = area.signum();
        let (dx, dy) = ((b.0 - a.0) * s, (b.1 - a.1) * s);
        (dy == 0.0 && dx > 0.0) || dy < 0.0
    };
    let edges = [(p[1], p[2]), (p[2], p[0]), (p[0], p[1])];
    for y in y0.max(clip.1.start)..y1.min(clip.1.end) {
        for x in x0.max(clip.0.start)..x1.min(clip.0.end) {
            let at = (x as f32 + 0.5, y as f32 + 0.5);
            let part = edges.map(|(a, b)| cross(a, b, at) / area);
            if (0..3).any(|k| part[k] < 0.0 || (part[k] == 0.0 && !owns(edges[k].0, edges[k].1))) {
                continue;
            }
            let (mut u, mut v, mut tint) = (0.0, 0.0, [0f32; 4]);
            for k in 0..3 {
                u += part[k] * corners[k].uv.x;
                v += part[k] * corners[k].uv.y;
                for (t, c) in tint.iter_mut().zip(corners[k].color.to_array()) {
                    *t += part[k] * f32::from(c) / 255.0;
                }
            }
            let texel = sample(texture, u, v);
            let source: [f32; 4] = std::array::from_fn(|j| tint[j] * texel[j]);
            let pixel = &mut frame[y as usize * width + x as usize];
            for j in 0..4 {
                pixel[j] = source[j] + pixel[j] * (1.0 - source[3]);
            }
        }
    }
}

fn sample(texture: &Texture, u: f32, v: f32) -> [f32; 4] {
    let [width, height] = texture.size;
    let at = |x: i32, y: i32| {
        let x = x.clamp(0, width as i32 - 1) as usize;
        let y = y.clamp(0, height as i32 - 1) as usize;
        texture.pixels[y * width + x].to_array().map(|c| f32::from(c) / 255.0)
    };
    let (fx, fy) = (u * width as f32 - 0.5, v * height as f32 - 0.5);
    let (x, y) = (fx.floor() as i32, fy.floor() as i32);
    let (ax, ay) = (fx - fx.floor(), fy - fy.floor());
    let (a, b, c, d) = (at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1));
    std::array::from_fn(|i| {
        (a[i] * (1.0 - ax) + b[i] * ax) * (1.0 - ay) + (c[i] * (1.0 - ax) + d[i] * ax) * ay
    })
}

/// An RGB picture as PNG, its rows stored without compression.
fn png(width: usize, height: usize, rgb: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    for row in rgb.chunks_exact(width * 3) {
        raw.push(0);
        raw.extend_from_slice(row);
    }
    let mut zlib = vec![0x78, 0x01];
    let blocks = raw.chunks(65_535).count();
    for (i, block) in raw.chunks(65_535).enumerate() {
        zlib.push(u8::from(i + 1 == blocks));
        let length = block.len() as u16;
        zlib.extend_from_slice(&length.to_le_bytes());
        zlib.extend_from_slice(&(!length).to_le_bytes());
        zlib.extend_from_slice(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in &raw {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    zlib.extend_from_slice(&(b << 16 | a).to_be_bytes());
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&(width as u32).to_be_bytes());
    header.extend_from_slice(&(height as u32).to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &zlib), (b"IEND", &Vec::new())] {
        out.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let start = out.len();
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        let crc = crc(&out[start..]);
        out.extend_from_slice(&crc.to_be_bytes());
    }
    out
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    !crc
}
