// wavesurfer.js 8: used as it is documented, its options are not checked.
declare const WaveSurfer: any;
export default WaveSurfer;
