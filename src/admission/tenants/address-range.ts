// Whether an address is one of those listed, IPv4 in IPv6 form included.
import { BlockList, isIP } from "node:net";

export function addressRange(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (given) => {
    const address = given?.startsWith("::ffff:") && given.includes(".") ? given.slice(7) : given;
    const version = isIP(address ?? "");
    return address !== undefined && version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
  };
}
