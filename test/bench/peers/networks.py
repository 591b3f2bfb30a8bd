"""Small architectures with random weights by name, from torchvision, timm, transformers and torch itself: `MODELS`."""
#: Kept small: the graph counts here, not the weights.
DEPTH, WIDTH, HEADS, IMAGE, TOKENS = 2, 64, 4, 64, 16


# Each maker gives (model, inputs, batch): `batch` is False where the model takes one size only.
def image(model, size=IMAGE, batch=True):
    import torch
    return model, (torch.randn(2 if batch else 1, 3, size, size),), batch


def vision(name, size=IMAGE, **options):
    def make():
        import torchvision.models as models
        return image(models.get_model(name, weights=None, num_classes=10, **options), size)
    return make


def residual(block, layers=(1, 1, 1, 1), **options):
    def make():
        from torchvision.models import resnet
        return image(resnet.ResNet(getattr(resnet, block), list(layers), num_classes=10, **options))
    return make


def vgg():
    import torch
    from torchvision.models import vgg
    layers = vgg.make_layers([32, "M", 64, "M", 64, 64, "M"], batch_norm=True)
    return image(torch.nn.Sequential(layers, torch.nn.AdaptiveAvgPool2d((4, 4)), torch.nn.Flatten(), torch.nn.Linear(1024, 10)))


def vision_transformer():
    from torchvision.models import VisionTransformer
    return image(VisionTransformer(IMAGE, 16, DEPTH, HEADS, WIDTH, 2 * WIDTH, num_classes=10))


def swin(version):
    def make():
        from torchvision.models import swin_transformer as swin
        block, merge = (swin.SwinTransformerBlock, swin.PatchMerging) if version == 1 else (swin.SwinTransformerBlockV2, swin.PatchMergingV2)
        return image(swin.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=10, block=block, downsample_layer=merge))
    return make


def max_vit():
    from torchvision.models import MaxVit
    return image(MaxVit((IMAGE, IMAGE), 16, 2, [16, 32], [1, 1], 8, 0.0, num_classes=10))


def conv_next():
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt
    return image(ConvNeXt([CNBlockConfig(24, 48, 2), CNBlockConfig(48, None, 2)], num_classes=10))


def efficient_net_v2():
    from torchvision.models import efficientnet
    config = efficientnet.FusedMBConvConfig, efficientnet.MBConvConfig
    return image(efficientnet.EfficientNet([config[0](1, 3, 1, 16, 16, 1), config[0](4, 3, 2, 16, 24, 1), config[1](4, 3, 2, 24, 32, 2)], 0.2, num_classes=10))


def segmentation(name):
    def make():
        import torch
        import torchvision.models.segmentation as models

        class Output(torch.nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

            def forward(self, x):
                return self.inner(x)["out"]
        return image(Output(getattr(models, name)(weights=None, weights_backbone=None, num_classes=5)))
    return make


def detection(kind, size=64):
    def make():
        import torch
        from torchvision.models import detection as models, mobilenet_v3_small
        from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
        from torchvision.models.detection.backbone_utils import _mobilenet_extractor
        from torchvision.ops import MultiScaleRoIAlign
        options = {"num_classes": 5, "min_size": size, "max_size": size}
        if kind == "ssdlite":
            model = models.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5)
            size_ = 320
        else:
            size_ = size
            backbone = mobilenet_v3_small(weights=None).features
            backbone.out_channels = 576
            anchors = AnchorGenerator(((16, 32),), ((0.5, 1.0, 2.0),))
            if kind == "faster-rcnn":
                model = models.FasterRCNN(backbone, rpn_anchor_generator=anchors, box_roi_pool=MultiScaleRoIAlign(["0"], 3, 2),
                                          box_head=models.faster_rcnn.TwoMLPHead(576 * 9, 64),
                                          box_predictor=models.faster_rcnn.FastRCNNPredictor(64, 5),
                                          rpn_pre_nms_top_n_test=50, rpn_post_nms_top_n_test=20, **{**options, "num_classes": None})
            elif kind == "mask-rcnn":
                model = models.MaskRCNN(backbone, rpn_anchor_generator=anchors, box_roi_pool=MultiScaleRoIAlign(["0"], 3, 2),
                                        box_head=models.faster_rcnn.TwoMLPHead(576 * 9, 64),
                                        box_predictor=models.faster_rcnn.FastRCNNPredictor(64, 5),
                                        mask_roi_pool=MultiScaleRoIAlign(["0"], 4, 2),
                                        mask_head=models.mask_rcnn.MaskRCNNHeads(576, (32,), 1),
                                        mask_predictor=models.mask_rcnn.MaskRCNNPredictor(32, 16, 5),
                                        rpn_pre_nms_top_n_test=50, rpn_post_nms_top_n_test=20, **{**options, "num_classes": None})
            elif kind == "retinanet":
                model = models.RetinaNet(backbone, anchor_generator=anchors, **options)
            else:
                model = models.FCOS(backbone, anchor_generator=AnchorGenerator(((16,),), ((1.0,),)), **options)
        model.eval()

        class Lists(torch.nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

            def forward(self, x):
                return tuple(self.inner([x[0]])[0].values())
        torch.manual_seed(2)
        return Lists(model), (torch.rand(1, 3, size_, size_),), False
    return make


def detection_head(kind):
    """A detector up to the boxes of its anchors, which both exporters take: what they filter then depends on the data."""
    def make():
        import torch
        lists, inputs, _ = detection(kind)()
        model = lists.inner

        class Head(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.backbone, self.head = model.backbone, model.head

            def forward(self, x):
                features = self.backbone(x)
                features = list(features.values()) if isinstance(features, dict) else [features]
                return tuple(self.head(features).values())
        return Head(), (torch.randn(2, *inputs[0].shape[1:]),), True
    return make


def detr():
    import torch
    import transformers
    backbone = transformers.ResNetConfig(embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], out_features=["stage2"])
    config = transformers.DetrConfig(use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, backbone_config=backbone,
                                     **{k: v for k, v in DECODER.items() if k not in ("vocab_size", "max_position_embeddings")}, num_queries=10)
    config._attn_implementation = "eager"
    model = transformers.DetrForObjectDetection(config)
    return first_output(model, ["pixel_values", "pixel_mask"]), (torch.randn(2, 3, IMAGE, IMAGE), torch.ones(2, IMAGE, IMAGE, dtype=torch.int64)), True


def timm(name, size=IMAGE, **options):
    def make():
        import timm
        return image(timm.create_model(name, pretrained=False, num_classes=10, **options), size)
    return make


def timm_class(module, name, options=None, **settings):
    """`settings` go to the class; `options` name classes of the module."""
    def make():
        import importlib
        library = importlib.import_module(f"timm.models.{module}")
        named = {key: getattr(library, value) for key, value in (options or {}).items()}
        return image(getattr(library, name)(num_classes=10, **named, **settings))
    return make


def timm_sized(name, size=IMAGE, **options):
    return timm(name, size, img_size=size, **options)


SMALL = {"hidden_size": WIDTH, "num_hidden_layers": DEPTH, "num_attention_heads": HEADS, "intermediate_size": 2 * WIDTH,
         "vocab_size": 500, "max_position_embeddings": 64}
DECODER = {"d_model": WIDTH, "encoder_layers": DEPTH, "decoder_layers": DEPTH, "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS,
           "encoder_ffn_dim": 2 * WIDTH, "decoder_ffn_dim": 2 * WIDTH, "vocab_size": 500, "max_position_embeddings": 64}
PICTURE = {"hidden_size": WIDTH, "num_hidden_layers": DEPTH, "num_attention_heads": HEADS, "intermediate_size": 2 * WIDTH, "image_size": IMAGE, "patch_size": 16}


def first_output(model, keys, attribute=0):
    """A module whose inputs are positional and whose output is one tensor."""
    import torch

    class First(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, *inputs):
            return self.inner(**dict(zip(keys, inputs)), return_dict=False)[attribute]
    return First()


def language(kind, base=SMALL, mask=True, head="Model", inputs=None, **options):
    def make():
        import torch
        import transformers
        config = getattr(transformers, f"{kind}Config")(**{**base, **options})
        if hasattr(config, "use_cache"):
            config.use_cache = False
        for token in ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"):
            if isinstance(getattr(config, token, None), int) and getattr(config, token) >= 500:
                setattr(config, token, 1)
        config._attn_implementation = "eager"
        model = getattr(transformers, f"{kind}{head}")(config)
        ids = torch.randint(5, 400, (2, TOKENS))
        given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)} if mask else {"input_ids": ids}
        if inputs:
            given = inputs(torch, ids)
        return first_output(model, list(given)), tuple(given.values()), True
    return make


def picture(kind, head="Model", size=IMAGE, base=PICTURE, key="pixel_values", **options):
    def make():
        import torch
        import transformers
        config = getattr(transformers, f"{kind}Config")(**{**base, **options})
        config._attn_implementation = "eager"
        model = getattr(transformers, f"{kind}{head}")(config)
        return first_output(model, [key]), (torch.randn(2, 3, size, size),), True
    return make


def sound(kind, shape, key="input_values", base=SMALL, head="Model", batch=True, **options):
    def make():
        import torch
        import transformers
        config = getattr(transformers, f"{kind}Config")(**{**base, **options})
        config._attn_implementation = "eager"
        model = getattr(transformers, f"{kind}{head}")(config)
        return first_output(model, [key]), (torch.randn(*shape),), batch
    return make


def clip():
    import torch
    import transformers
    text = {k: v for k, v in SMALL.items()}
    config = transformers.CLIPConfig(text_config={**text, "eos_token_id": 2}, vision_config=PICTURE, projection_dim=32)
    config._attn_implementation = "eager"
    ids = torch.randint(5, 400, (2, TOKENS))
    return first_output(transformers.CLIPModel(config), ["input_ids", "pixel_values", "attention_mask"]), (ids, torch.randn(2, 3, IMAGE, IMAGE), torch.ones_like(ids)), True


def recurrent(kind, **options):
    def make():
        import torch

        class Recurrent(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = getattr(torch.nn, kind)(32, 48, batch_first=True, **options)
                self.head = torch.nn.Linear(48 * (2 if options.get("bidirectional") else 1), 10)

            def forward(self, x):
                return self.head(self.layers(x)[0][:, -1])
        return Recurrent(), (torch.randn(2, TOKENS, 32),), True
    return make


def crnn():
    """Shi et al. 2015: convolutions, a bidirectional LSTM over the columns, and a label for each column."""
    import torch
    import torchvision.models as models

    class Crnn(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.features = models.mobilenet_v2(weights=None).features[:7]
            self.layers = torch.nn.LSTM(32, 48, num_layers=2, bidirectional=True, batch_first=True)
            self.head = torch.nn.Linear(96, 20)

        def forward(self, x):
            return self.head(self.layers(self.features(x).mean(2).transpose(1, 2))[0])
    return Crnn(), (torch.randn(2, 3, 32, 128),), True


MODELS = {
    # torchvision: convolutional and depthwise
    "resnet18": vision("resnet18"),
    "resnet-bottleneck": residual("Bottleneck"),
    "resnext": residual("Bottleneck", groups=8, width_per_group=4),
    "vgg-bn": vgg,
    "squeezenet1-1": vision("squeezenet1_1"),
    "densenet121": vision("densenet121"),
    "googlenet": vision("googlenet", aux_logits=False, init_weights=False),
    "mobilenet-v2": vision("mobilenet_v2"),
    "mobilenet-v3-small": vision("mobilenet_v3_small"),
    "mobilenet-v3-large": vision("mobilenet_v3_large"),
    "shufflenet-v2": vision("shufflenet_v2_x0_5"),
    "mnasnet0-5": vision("mnasnet0_5"),
    "efficientnet-b0": vision("efficientnet_b0"),
    "efficientnet-v2": efficient_net_v2,
    "regnet-x-400mf": vision("regnet_x_400mf"),
    "regnet-y-400mf": vision("regnet_y_400mf"),
    "convnext": conv_next,
    # torchvision: transformers
    "vit": vision_transformer,
    "swin": swin(1),
    "swin-v2": swin(2),
    "maxvit": max_vit,
    # torchvision: segmentation and detection
    "lraspp": segmentation("lraspp_mobilenet_v3_large"),
    "deeplab-v3": segmentation("deeplabv3_mobilenet_v3_large"),
    "ssdlite": detection("ssdlite"),
    "faster-rcnn": detection("faster-rcnn"),
    "mask-rcnn": detection("mask-rcnn"),
    "retinanet": detection("retinanet"),
    "fcos": detection("fcos"),
    "ssdlite-head": detection_head("ssdlite"),
    "retinanet-head": detection_head("retinanet"),
    "fcos-head": detection_head("fcos"),
    # timm: convolutional and depthwise
    "ghostnet": timm("ghostnet_050"),
    "mobileone": timm("mobileone_s0"),
    "repvgg": timm("repvgg_a0"),
    "convmixer": timm_class("convmixer", "ConvMixer", dim=64, depth=2),
    "hrnet": timm("hrnet_w18_small"),
    "dla": timm("dla46_c"),
    "mixnet": timm("mixnet_s"),
    "lcnet": timm("lcnet_050"),
    "tinynet": timm("tinynet_e"),
    "efficientnet-lite": timm("tf_efficientnet_lite0"),
    "rexnet": timm("rexnet_100"),
    "skresnet": timm("skresnet18"),
    "resnest": timm("resnest14d"),
    "seresnet": timm("seresnet18"),
    "vovnet": timm("ese_vovnet19b_slim_dw"),
    "eca-nfnet": timm("eca_nfnet_l0"),
    "nf-regnet": timm("nf_regnet_b0"),
    "hgnetv2": timm("hgnetv2_b0"),
    "mobilenet-v4": timm("mobilenetv4_conv_small"),
    "starnet": timm("starnet_s1"),
    "inception-next": timm("inception_next_atto"),
    "convnext-v2": timm("convnextv2_atto"),
    "mambaout": timm("mambaout_femto"),
    # timm: transformers, mixers, recurrent
    "mixer": timm_class("mlp_mixer", "MlpMixer", img_size=IMAGE, patch_size=16, num_blocks=DEPTH, embed_dim=WIDTH),
    "gmlp": timm_class("mlp_mixer", "MlpMixer", {"block_layer": "SpatialGatingBlock", "mlp_layer": "GatedMlp"}, mlp_ratio=6, img_size=IMAGE, patch_size=16, num_blocks=DEPTH, embed_dim=WIDTH),
    "resmlp": timm_class("mlp_mixer", "MlpMixer", {"block_layer": "ResBlock", "norm_layer": "Affine"}, mlp_ratio=4, img_size=IMAGE, patch_size=16, num_blocks=DEPTH, embed_dim=WIDTH),
    "sequencer-lstm": timm_sized("sequencer2d_s", layers=(1, 1, 1, 1), embed_dims=(48, 64, 64, 64), hidden_sizes=(12, 16, 16, 16)),
    "timm-vit": timm_sized("vit_tiny_patch16_224", depth=2),
    "timm-deit": timm_sized("deit_tiny_distilled_patch16_224", depth=2),
    "cait": timm_sized("cait_xxs24_224", depth=2),
    "xcit": timm_sized("xcit_nano_12_p16_224", depth=2),
    "levit": timm_sized("levit_128s"),
    "efficientformer-v2": timm("efficientformerv2_s0", 224),
    "mobilevit": timm("mobilevit_xxs"),
    "mobilevit-v2": timm("mobilevitv2_050"),
    "fastvit": timm("fastvit_t8"),
    "edgenext": timm("edgenext_xx_small"),
    "poolformer": timm("poolformer_s12"),
    "pit": timm("pit_ti_224", 224),
    "pvt-v2": timm("pvt_v2_b0"),
    "crossvit": timm("crossvit_tiny_240", 240),
    "tiny-vit": timm("tiny_vit_5m_224", 224),
    "efficientvit": timm("efficientvit_b0"),
    "efficientvit-m": timm("efficientvit_m0", 224),
    "repvit": timm("repvit_m0_9"),
    "coatnet": timm_sized("coatnet_nano_rw_224"),
    "focalnet": timm_class("focalnet", "FocalNet", embed_dim=24, depths=(1, 1, 1, 1)),
    "volo": timm_sized("volo_d1_224"),
    # transformers: encoders
    "bert": language("Bert"),
    "distilbert": language("DistilBert", dim=WIDTH, n_layers=DEPTH, n_heads=HEADS, hidden_dim=2 * WIDTH),
    "roberta": language("Roberta"),
    "albert": language("Albert", embedding_size=32),
    "electra": language("Electra", embedding_size=32),
    "mobilebert": language("MobileBert", embedding_size=32, intra_bottleneck_size=32, true_hidden_size=32),
    "squeezebert": language("SqueezeBert", embedding_size=WIDTH),
    "mpnet": language("MPNet"),
    "convbert": language("ConvBert", embedding_size=WIDTH),
    "deberta-v2": language("DebertaV2", relative_attention=True, pos_att_type=["p2c", "c2p"]),
    "modernbert": language("ModernBert", global_attn_every_n_layers=2, local_attention=8),
    # transformers: decoders
    "gpt2": language("GPT2", n_embd=WIDTH, n_layer=DEPTH, n_head=HEADS, n_positions=64),
    "gpt-neox": language("GPTNeoX"),
    "opt": language("OPT", ffn_dim=2 * WIDTH, word_embed_proj_dim=WIDTH),
    "bloom": language("Bloom", n_layer=DEPTH, n_head=HEADS),
    "llama": language("Llama", num_key_value_heads=2),
    "mistral": language("Mistral", num_key_value_heads=2),
    "qwen2": language("Qwen2", num_key_value_heads=2),
    "gemma": language("Gemma", num_key_value_heads=2, head_dim=16),
    "phi": language("Phi"),
    "falcon": language("Falcon"),
    # transformers: encoder and decoder
    "t5": language("T5", base={}, d_model=WIDTH, d_kv=16, d_ff=128, num_layers=DEPTH, num_heads=HEADS, vocab_size=500,
                   inputs=lambda torch, ids: {"input_ids": ids, "decoder_input_ids": ids}),
    "bart": language("Bart", base=DECODER, inputs=lambda torch, ids: {"input_ids": ids, "decoder_input_ids": ids}),
    "marian": language("Marian", base=DECODER, inputs=lambda torch, ids: {"input_ids": ids, "decoder_input_ids": ids}, pad_token_id=1),
    # transformers: pictures and sound
    "hf-vit": picture("ViT"),
    "dinov2": picture("Dinov2"),
    "segformer": picture("Segformer", base={}, hidden_sizes=[16, 32, 32, 64], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 4], decoder_hidden_size=32),
    "hf-swin": picture("Swin", base={}, image_size=IMAGE, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4),
    "yolos": picture("Yolos", head="ForObjectDetection", base={**PICTURE, "image_size": [IMAGE, IMAGE]}, num_detection_tokens=10),
    "detr": detr,
    "clip": clip,
    "wav2vec2": sound("Wav2Vec2", (2, 4000), conv_dim=(32, 32, 32), conv_kernel=(10, 3, 3), conv_stride=(5, 2, 2), num_feat_extract_layers=3,
                      num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4),
    "audio-transformer": sound("AST", (2, 64, 32), base={**PICTURE}, max_length=64, num_mel_bins=32),
    # recurrent
    "lstm": recurrent("LSTM"),
    "lstm-bidirectional": recurrent("LSTM", num_layers=2, bidirectional=True),
    "gru": recurrent("GRU"),
    "gru-bidirectional": recurrent("GRU", num_layers=2, bidirectional=True),
    "crnn": crnn,
}
